// Closes the consent popup and sends the window that opened it to the site's redirect URI. A refusal that the button
// was asked to report goes to its page as a message instead.
(function () {
  'use strict';
  var back = document.getElementById('back');
  var opener = window.opener;
  if (!opener || opener.closed) {
    window.location.replace(back.href);
    return;
  }
  if (back.hasAttribute('data-refused')) {
    opener.postMessage({ client_id: back.getAttribute('data-client-id'), error: 'access_denied' }, '*');
  } else {
    opener.location.href = back.href;
  }
  window.close();
})();
